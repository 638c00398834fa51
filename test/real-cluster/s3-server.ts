import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type S3StorageOptions, s3StorageDefaults } from '@millrace/core'
import { freePort } from './real-cluster.ts'

const services = join(import.meta.dirname, '..', 'services')
/** The first start on a machine builds it. */
const startMsMax = 230_000
const execute = promisify(execFile)

/** A real server that speaks S3, with one bucket, which can be killed and started again. */
export class S3Server {
  readonly directory: string
  readonly port: number
  readonly bucket = 'checkpoints'

  private constructor(directory: string, port: number) {
    this.directory = directory
    this.port = port
  }

  /** Rejects where the machine cannot have one: that is a failure of the test. */
  static async start(): Promise<S3Server> {
    const directory = mkdtempSync(join(tmpdir(), 'millrace-s3-'))
    const server = new S3Server(directory, await freePort())
    mkdirSync(join(directory, 'buckets', server.bucket), { recursive: true })
    await server.startAgain()
    return server
  }

  /** As after `kill`: on the same port, with all that was stored. */
  async startAgain(): Promise<void> {
    const words = [join(services, 'up-s3.sh'), this.directory, String(this.port)]
    await execute('bash', [...words, String(process.pid)], { timeout: startMsMax })
  }

  /** With -9, in the middle of whatever it does. */
  async kill(): Promise<void> {
    await execute('bash', [join(services, 'down-s3.sh'), this.directory, 'KILL'])
  }

  async stop(): Promise<void> {
    await execute('bash', [join(services, 'down-s3.sh'), this.directory])
    rmSync(this.directory, { recursive: true, force: true })
  }

  /** Keys of all whole objects, past the server. */
  objects(): readonly string[] {
    const root = join(this.directory, 'buckets', this.bucket)
    const entries = readdirSync(root, { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile())
    return files
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
      .filter((key) => !key.startsWith('.sgwtmp'))
  }

  /** Requests it was sent, as its log has them: method and path of each. */
  requests(): readonly string[] {
    const log = readFileSync(join(this.directory, 'server.log'), 'utf8')
    const lines = log.split('\n').filter((line) => line.includes('| vgw |'))
    return lines.map((line) =>
      line
        .split('|')
        .slice(5, 7)
        .map((part) => part.trim())
        .join(' '),
    )
  }

  /** For a client; `port` where something stands in between. */
  options(port: number = this.port): S3StorageOptions {
    return {
      ...s3StorageDefaults,
      endpoint: `http://127.0.0.1:${port}`,
      isPathStyle: true,
      credentials: { accessKey: 'testkey', secretKey: 'testsecret' },
    }
  }

  /** The same for processes of a cluster. */
  settings(port: number = this.port): Readonly<Record<string, string>> {
    return {
      's3.endpoint': `http://127.0.0.1:${port}`,
      's3.path-style-access': 'true',
      's3.access-key': 'testkey',
      's3.secret-key': 'testsecret',
    }
  }
}
