// Savepoints for scripts of users: read, transform, write anew.
export * from '@millrace/state/inspect'
export { fromJsonValue, type JsonValue, toJsonValue } from './inspect/json-value.ts'
export { savepointAccess } from './inspect/savepoint-access.ts'
