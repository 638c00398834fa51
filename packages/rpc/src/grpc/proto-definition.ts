import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  loadPackageDefinition,
  logVerbosity,
  type MethodDefinition,
  type ServiceDefinition,
  setLogVerbosity,
} from '@grpc/grpc-js'
import type { MessageTypeDefinition } from '@grpc/proto-loader'
import protobuf from 'protobufjs'
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

// Services are made of the files here and not by @grpc/proto-loader, which describes each message
// once more in the form of reflection: every process would load that, and nobody reads it.

// The same options as generate.mjs: they decide what decoded messages look like.
const conversion = { longs: Number, enums: String, defaults: true, oneofs: true } as const

const root = loadRoot(['dispatcher.proto', 'resource-manager.proto', 'health.proto'])

// The cast joins what the generator wrote per file: it cannot know which files are loaded together.
const loaded = loadPackageDefinition(
  Object.fromEntries(
    ['millrace.v1.Dispatcher', 'millrace.v1.ResourceManager', 'grpc.health.v1.Health'].map(
      (name) => [name, serviceDefinition(name, root.lookupService(name))],
    ),
  ),
) as unknown as DispatcherProto & ResourceManagerProto & HealthProto

export const dispatcherProto: DispatcherProto['millrace']['v1']['Dispatcher'] =
  loaded.millrace.v1.Dispatcher
export const resourceManagerProto: ResourceManagerProto['millrace']['v1']['ResourceManager'] =
  loaded.millrace.v1.ResourceManager
export const healthProto: HealthProto['grpc']['health']['v1']['Health'] =
  loaded.grpc.health.v1.Health

type MessageCodec<In, Out extends object> = Pick<
  MessageTypeDefinition<In, Out>,
  'serialize' | 'deserialize'
>

export const errorInfoProto: MessageCodec<ErrorInfoProto, ErrorInfoProtoOutput> = codecOf(
  root.lookupType('millrace.v1.ErrorInfo'),
)

function loadRoot(files: readonly string[]): protobuf.Root {
  const folder = findProtoFolder()
  const root = new protobuf.Root()
  root.resolvePath = (_importer, file) => `${folder}${file}`
  root.loadSync([...files])
  root.resolveAll()
  return root
}

function serviceDefinition(name: string, service: protobuf.Service): ServiceDefinition {
  const methods = service.methodsArray.map((method): [string, MethodDefinition<object, object>] => {
    const request = codecOf(method.resolvedRequestType as protobuf.Type)
    const response = codecOf(method.resolvedResponseType as protobuf.Type)
    return [
      method.name,
      {
        path: `/${name}/${method.name}`,
        requestStream: method.requestStream === true,
        responseStream: method.responseStream === true,
        requestSerialize: request.serialize,
        requestDeserialize: request.deserialize,
        responseSerialize: response.serialize,
        responseDeserialize: response.deserialize,
        originalName: method.name.charAt(0).toLowerCase() + method.name.slice(1),
      },
    ]
  })
  return Object.fromEntries(methods)
}

function codecOf<In extends object, Out extends object>(
  type: protobuf.Type,
): MessageCodec<In, Out> {
  return {
    // A Buffer in Node, which is what gRPC asks for.
    serialize: (message) => type.encode(type.fromObject(message)).finish() as Buffer,
    deserialize: (bytes) => type.toObject(type.decode(bytes), conversion) as Out,
  }
}
