// Sources and sinks.
export * from '@millrace/connectors'
