// Files

// Generated data
export type { DataGenEnumeratorState } from './datagen/datagen-enumerator.ts'
export { DataGenSource } from './datagen/datagen-source.ts'
export type { DataGenSplit } from './datagen/datagen-split.ts'
export type { DataGenSourceOptions } from './datagen/options.ts'
export type { FileEnumeratorState } from './file/file-enumerator.ts'
export { FileSource } from './file/file-source.ts'
export type { FileSplit } from './file/file-split.ts'
export type { FileSourceOptions } from './file/options.ts'
