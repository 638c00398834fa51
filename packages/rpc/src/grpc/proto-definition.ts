import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { loadPackageDefinition, logVerbosity, setLogVerbosity } from '@grpc/grpc-js'
import { loadSync, type MessageTypeDefinition } from '@grpc/proto-loader'
import type { ProtoGrpcType as DispatcherProto } from '../generated/dispatcher.ts'
import type { ProtoGrpcType as HealthProto } from '../generated/health.ts'
import type {
  ErrorInfo as ErrorInfoProto,
  ErrorInfo__Output as ErrorInfoProtoOutput,
} from '../generated/millrace/v1/ErrorInfo.ts'
import type { ProtoGrpcType as ResourceManagerProto } from '../generated/resource-manager.ts'

// What fails is thrown; the library would write it to stderr as well.
setLogVerbosity(logVerbosity.NONE)

/** Of an installed package beside `dist`, in the repository at its root. */
const protoFolders = ['../../proto/', '../../../../proto/']

function findProtoFolder(): string {
  const folders = protoFolders.map((folder) => fileURLToPath(new URL(folder, import.meta.url)))
  const found = folders.find((folder) => existsSync(`${folder}/resource-manager.proto`))
  if (found === undefined) throw new Error(`No proto files in ${folders.join(' or ')}`)
  return found
}

// The same options as generate.mjs: they decide what decoded messages look like.
const packageDefinition = loadSync(['dispatcher.proto', 'resource-manager.proto', 'health.proto'], {
  includeDirs: [findProtoFolder()],
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
})

// The cast joins what the generator wrote per file: it cannot know which files are loaded together.
const loaded = loadPackageDefinition(packageDefinition) as unknown as DispatcherProto &
  ResourceManagerProto &
  HealthProto

export const dispatcherProto: DispatcherProto['millrace']['v1']['Dispatcher'] =
  loaded.millrace.v1.Dispatcher
export const resourceManagerProto: ResourceManagerProto['millrace']['v1']['ResourceManager'] =
  loaded.millrace.v1.ResourceManager
export const healthProto: HealthProto['grpc']['health']['v1']['Health'] =
  loaded.grpc.health.v1.Health
export const errorInfoProto: MessageTypeDefinition<ErrorInfoProto, ErrorInfoProtoOutput> =
  loaded.millrace.v1.ErrorInfo
