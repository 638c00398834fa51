// What runs in a slot's thread, for threads of another make than Node's: the simulation's.
export { type SlotEnvironment, SlotRuntime } from './slot-runtime.ts'
