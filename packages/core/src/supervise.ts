/** Takes charge of a promise nobody awaits: its failure goes to `onError`, never to the process. */
export function supervise(promise: Promise<unknown>, onError: (error: unknown) => void): void {
  promise.catch(onError)
}
