import { MillraceError } from '@millrace/core'

/** Another process listens where this one wants to. */
export function addressInUse(host: string, port: number, cause: unknown): MillraceError {
  return new MillraceError(
    'ADDRESS_IN_USE',
    `Another process listens on ${host}:${port} already. End it, or choose another port with ` +
      '--set jobmanager.rpc.port=…; 0 takes a free one.',
    { cause, blame: 'user', disposition: 'reject-request', details: { host, port } },
  )
}
