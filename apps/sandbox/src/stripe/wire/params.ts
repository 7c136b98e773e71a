import { invalidRequest, missingParameter } from './stripe-error.js';
import type { Form, FormValue } from './form.js';

/** Stripe: at most 50 keys of 40 characters with values of 500. */
const METADATA_KEYS_MAX = 50;
const METADATA_KEY_MAX = 40;
const METADATA_VALUE_MAX = 500;
const TEXT_MAX = 5_000;

type TextRules = { max?: number };

/**
 * The parameters of one request. What nobody asked for by the time of {@link end} is refused as unknown, as Stripe does.
 * An empty text unsets what it names and counts as absent where nothing can be unset.
 */
export class Params {
  private readonly seen = new Set(['expand']);

  constructor(
    private readonly form: Form,
    private readonly prefix = '',
  ) {}

  /** What a value is called in messages: `price_data[currency]`. */
  name(key: string): string {
    return this.prefix ? `${this.prefix}[${key}]` : key;
  }

  /** The paths whose ids are wanted as objects; every operation takes them. */
  get expands(): string[] {
    return this.texts('expand');
  }

  has(key: string): boolean {
    return this.form[key] !== undefined;
  }

  isText(key: string): boolean {
    return typeof this.form[key] === 'string';
  }

  text(key: string, { max = TEXT_MAX }: TextRules = {}): string | undefined {
    const value = this.take(key);
    if (value === undefined || value === '') return undefined;
    if (typeof value !== 'string')
      throw invalidRequest(`Invalid string: ${JSON.stringify(value)}`, { param: this.name(key) });
    if (value.length > max) {
      throw invalidRequest(`Invalid string: must be at most ${max} characters`, { param: this.name(key) });
    }
    return value;
  }

  requireText(key: string, rules?: TextRules): string {
    const value = this.text(key, rules);
    if (value === undefined) throw missingParameter(this.name(key));
    return value;
  }

  oneOf<T extends string>(key: string, choices: readonly T[]): T | undefined {
    const value = this.text(key);
    if (value === undefined) return undefined;
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    throw invalidRequest(`Invalid ${this.name(key)}: must be one of ${choices.join(', ')}`, {
      param: this.name(key),
    });
  }

  integer(key: string, { min = 0, max = Number.MAX_SAFE_INTEGER } = {}): number | undefined {
    const value = this.text(key);
    if (value === undefined) return undefined;
    if (!/^-?\d{1,15}$/.test(value)) {
      throw invalidRequest(`Invalid integer: ${value}`, {
        code: 'parameter_invalid_integer',
        param: this.name(key),
      });
    }
    const number = Number(value);
    if (number < min || number > max) {
      throw invalidRequest(`Invalid integer: must be between ${min} and ${max}`, { param: this.name(key) });
    }
    return number;
  }

  requireInteger(key: string, bounds?: { min?: number; max?: number }): number {
    const value = this.integer(key, bounds);
    if (value === undefined) throw missingParameter(this.name(key));
    return value;
  }

  boolean(key: string): boolean | undefined {
    const value = this.text(key);
    if (value === undefined) return undefined;
    if (value === 'true' || value === 'false') return value === 'true';
    throw invalidRequest(`Invalid boolean: ${value}`, { param: this.name(key) });
  }

  /** A nested object, whose own parameters are read and ended by the caller. */
  object(key: string): Params | undefined {
    const value = this.take(key);
    if (value === undefined || value === '') return undefined;
    if (typeof value === 'string' || Array.isArray(value)) {
      throw invalidRequest('Invalid object', { param: this.name(key) });
    }
    return new Params(value, this.name(key));
  }

  objects(key: string): Params[] {
    return this.list(key).map((value, i) => {
      const name = `${this.name(key)}[${i}]`;
      if (typeof value === 'string' || Array.isArray(value))
        throw invalidRequest('Invalid object', { param: name });
      return new Params(value, name);
    });
  }

  texts(key: string): string[] {
    return this.list(key).map((value) => {
      if (typeof value === 'string') return value;
      throw invalidRequest('Invalid array', { param: this.name(key) });
    });
  }

  /** Merges what is sent over what is there; an empty value unsets its key, an empty parameter all of them. */
  metadata(current: Record<string, string> = {}, key = 'metadata'): Record<string, string> {
    const value = this.take(key);
    if (value === undefined) return current;
    if (value === '') return {};
    if (typeof value === 'string') throw invalidRequest('Invalid object', { param: this.name(key) });
    const merged = { ...current };
    for (const [name, text] of Object.entries(value)) {
      if (typeof text !== 'string' || text.length > METADATA_VALUE_MAX || name.length > METADATA_KEY_MAX) {
        throw invalidRequest(
          'Metadata keys have at most 40 characters and values, which are texts, at most 500',
          {
            param: `${this.name(key)}[${name}]`,
          },
        );
      }
      if (text === '') delete merged[name];
      else merged[name] = text;
    }
    if (Object.keys(merged).length > METADATA_KEYS_MAX) {
      throw invalidRequest('You can have at most 50 metadata keys', { param: this.name(key) });
    }
    return merged;
  }

  /** Parameters that a real account understands and that change nothing here. */
  ignore(...keys: string[]): void {
    for (const key of keys) this.seen.add(key);
  }

  /** @throws parameter_unknown for what nobody asked for */
  end(): void {
    const unknown = Object.keys(this.form).find((key) => !this.seen.has(key));
    if (unknown === undefined) return;
    const param = this.name(unknown);
    throw invalidRequest(`Received unknown parameter: ${param}`, { code: 'parameter_unknown', param });
  }

  private list(key: string): FormValue[] {
    const value = this.take(key);
    if (value === undefined || value === '') return [];
    if (!Array.isArray(value)) throw invalidRequest('Invalid array', { param: this.name(key) });
    return value;
  }

  private take(key: string): FormValue | undefined {
    this.seen.add(key);
    return this.form[key];
  }
}
