import { MillraceError } from '../errors.ts'
import type { ConfigOption, ConfigScope } from './config-option.ts'
import { configOptionNamed, nearestConfigKey } from './config-options.ts'
import { isIgnoredFlinkKey } from './flink-key.ts'

/** One setting as it was found. */
export interface ConfigEntry {
  readonly key: string
  readonly value: string
  /** For messages: `config.yaml:7`, `environment variable MILLRACE_LOG_LEVEL`, `--set`. */
  readonly origin: string
}

interface Setting {
  readonly text: string
  readonly origin: string
}

/**
 * Settings by key, checked when they were added: keys exist, values have the right form.
 * Immutable.
 */
export class Configuration {
  /** Nothing is set, every option has its default. */
  static readonly empty: Configuration = new Configuration(new Map(), [])

  /** Aliases used and keys ignored, a sentence each, for the log. */
  readonly notices: readonly string[]
  readonly #settings: ReadonlyMap<string, Setting>

  private constructor(settings: ReadonlyMap<string, Setting>, notices: readonly string[]) {
    this.#settings = settings
    this.notices = notices
  }

  /**
   * The same with these added, later ones winning. Rejects with CONFIG_KEY_UNKNOWN or
   * CONFIG_VALUE_INVALID, each naming where the entry came from.
   */
  with(entries: Iterable<ConfigEntry>): Configuration {
    const settings = new Map(this.#settings)
    const notices = [...this.notices]
    for (const { key, value, origin } of entries) {
      const option = configOptionNamed(key)
      if (option === undefined) {
        if (!isIgnoredFlinkKey(key)) throw unknownKey(key, origin)
        notices.push(`${key} (${origin}) is ignored: it is a setting of Flink without a use here.`)
        continue
      }
      if (key !== option.key) {
        notices.push(`${key} (${origin}) is understood as ${option.key}.`)
      }
      parseValue(option, value, origin)
      settings.set(option.key, { text: value, origin })
    }
    return new Configuration(settings, notices)
  }

  /** The same with the settings of a job, as they travel; `origin` for messages. */
  withRecord(record: Readonly<Record<string, string>>, origin: string): Configuration {
    return this.with(Object.entries(record).map(([key, value]) => ({ key, value, origin })))
  }

  /** The value that was set, or else the default. */
  get<T>(option: ConfigOption<T>): T {
    const setting = this.#settings.get(option.key)
    if (setting !== undefined) return parseValue(option, setting.text, setting.origin)
    // An option without a default has `undefined` in its T.
    if (option.default === undefined) return undefined as T
    return parseValue(option, option.default, 'its default')
  }

  /** Where the value was set; undefined where it is the default. */
  originOf(option: ConfigOption<unknown>): string | undefined {
    return this.#settings.get(option.key)?.origin
  }

  /** What was set, as text by key; of one scope only if given. Defaults are left out. */
  toRecord(scope?: ConfigScope): Readonly<Record<string, string>> {
    const record: Record<string, string> = {}
    for (const [key, { text }] of this.#settings) {
      if (scope === undefined || configOptionNamed(key)?.scope === scope) record[key] = text
    }
    return record
  }
}

function parseValue<T>(option: ConfigOption<T>, text: string, origin: string): T {
  const result = option.schema.safeParse(text)
  if (result.success) return result.data as T
  const expected = option.schema.description ?? 'another value'
  throw new MillraceError(
    'CONFIG_VALUE_INVALID',
    `${option.key} cannot be '${text}' (${origin}): it takes ${expected}.`,
    {
      blame: 'user',
      disposition: 'reject-request',
      details: { key: option.key, value: text, origin, expected },
    },
  )
}

function unknownKey(key: string, origin: string): MillraceError {
  const suggestion = nearestConfigKey(key)
  const advice =
    suggestion === undefined
      ? 'docs/configuration.md lists every key.'
      : `Did you mean ${suggestion}?`
  return new MillraceError(
    'CONFIG_KEY_UNKNOWN',
    `There is no configuration key '${key}' (${origin}). ${advice}`,
    {
      blame: 'user',
      disposition: 'reject-request',
      details: { key, origin, ...(suggestion === undefined ? {} : { suggestion }) },
    },
  )
}
