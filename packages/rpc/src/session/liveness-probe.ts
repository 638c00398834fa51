/**
 * 'refused': nobody listens there, the process is dead. 'accepted': it lives. 'unknown': no answer
 * in time, or no way there.
 */
export type Liveness = 'refused' | 'accepted' | 'unknown'

/** Dials a TaskManager's `livenessAddress`. Never rejects. */
export interface LivenessProbe {
  probe(address: string): Promise<Liveness>
}
