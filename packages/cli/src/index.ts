// What a job imports; loads nothing else.
export * from '@millrace/api'
