import { status } from '@grpc/grpc-js'
import type { HealthHandlers } from '../generated/grpc/health/v1/Health.ts'
import type { HealthCheckResponse } from '../generated/grpc/health/v1/HealthCheckResponse.ts'

type Watcher = (response: HealthCheckResponse) => void

/** gRPC's health service: SERVING from the start until `stop`. */
export class HealthService {
  readonly #services: ReadonlySet<string>
  readonly #watchers = new Set<Watcher>()
  #isServing = true

  /** '' names the server as a whole. */
  constructor(services: readonly string[]) {
    this.#services = new Set(['', ...services])
  }

  get handlers(): HealthHandlers {
    return {
      Check: (call, callback) => {
        const { service } = call.request
        if (this.#services.has(service)) callback(null, this.#response())
        else callback({ code: status.NOT_FOUND, details: `Service '${service}' is unknown` })
      },
      Watch: (call) => {
        if (!this.#services.has(call.request.service)) {
          call.write({ status: 'SERVICE_UNKNOWN' })
          return
        }
        const watcher: Watcher = (response) => call.write(response)
        this.#watchers.add(watcher)
        call.on('close', () => this.#watchers.delete(watcher))
        watcher(this.#response())
      },
    }
  }

  /** Tells everyone who watches. */
  stop(): void {
    this.#isServing = false
    for (const watcher of this.#watchers) watcher(this.#response())
  }

  #response(): HealthCheckResponse {
    return { status: this.#isServing ? 'SERVING' : 'NOT_SERVING' }
  }
}
