import type { JobSchedulerCommand } from './job-scheduler-command.ts'

/** What the parts of a JobScheduler want done, in the order they came to want it. */
export class Outbox {
  #commands: JobSchedulerCommand[] = []

  push(...commands: readonly JobSchedulerCommand[]): void {
    this.#commands.push(...commands)
  }

  /** All since the last call. */
  take(): readonly JobSchedulerCommand[] {
    const commands = this.#commands
    this.#commands = []
    return commands
  }
}
