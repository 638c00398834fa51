import { MillraceError, type TaskExecutorMessage, type TaskManagerMessage } from '@millrace/core'
import type {
  Liveness,
  LivenessProbe,
  SessionConnector,
  SessionFrame,
  SessionServer,
  TaskManagerWire,
  TaskManagerWireHandler,
} from '@millrace/rpc'
import type { Actor } from '../world/actor.ts'
import type { ConnectionEnd } from './connection.ts'
import type { SimulatedNetwork } from './simulated-network.ts'

type FromTaskManager = SessionFrame<TaskManagerMessage>
type FromJobManager = SessionFrame<TaskExecutorMessage>

/** Where sessions are dialled. */
export const sessionAddress = 'jobmanager:6123'

/** Accepts connections for a JobManager's sessions, as its gRPC server does. */
export function serveSessions(
  network: SimulatedNetwork,
  jobManager: Actor,
  server: SessionServer,
): void {
  network.listen<FromJobManager, FromTaskManager>(
    jobManager,
    sessionAddress,
    'application',
    (end) => {
      const handler = server.acceptWire(wireOf(end))
      return {
        onItem: (frame) => handler.onFrame(frame),
        onClosed: (error) => handler.onClosed(error),
      }
    },
  )
}

/** How a simulated TaskManager dials the JobManager. */
export class SimulatedSessionConnector implements SessionConnector {
  readonly #network: SimulatedNetwork
  readonly #taskManager: Actor

  constructor(network: SimulatedNetwork, taskManager: Actor) {
    this.#network = network
    this.#taskManager = taskManager
  }

  async connect(handler: TaskManagerWireHandler): Promise<TaskManagerWire> {
    const label = `session ${this.#taskManager.host}`
    try {
      const end = await this.#network.connect<FromTaskManager, FromJobManager>(
        this.#taskManager,
        sessionAddress,
        label,
        {
          onItem: (frame) => handler.onFrame(frame),
          onClosed: (error) => handler.onClosed(error),
        },
      )
      return wireOf(end)
    } catch (cause) {
      const message = `The JobManager cannot be reached at ${sessionAddress}.`
      throw new MillraceError('JOB_MANAGER_UNREACHABLE', message, { cause })
    }
  }
}

export class SimulatedLivenessProbe implements LivenessProbe {
  readonly #network: SimulatedNetwork
  readonly #jobManager: Actor

  constructor(network: SimulatedNetwork, jobManager: Actor) {
    this.#network = network
    this.#jobManager = jobManager
  }

  probe(address: string): Promise<Liveness> {
    return this.#network.probe(this.#jobManager, address)
  }
}

/** Frames are copied, as the codec does: nothing is shared between processes. */
function wireOf<Out extends FromTaskManager | FromJobManager>(
  end: ConnectionEnd<Out, never> | ConnectionEnd<Out, FromTaskManager | FromJobManager>,
): { send(frame: Out): void; close(): void } {
  return {
    send: (frame) => end.send(structuredClone(frame), labelOf(frame)),
    close: () => end.close(),
  }
}

function labelOf(frame: FromTaskManager | FromJobManager): string {
  return frame.kind === 'message' ? `message ${frame.message.kind}` : frame.kind
}
