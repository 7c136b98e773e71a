import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { problemFaults } from '../isolation/judge.ts';
import { typesOf, type ApiDocument, type Operation } from '../isolation/openapi.ts';
import type { Answer } from '../isolation/request.ts';

const JSON_ANSWER = 'application/json';
/** Statuses that come before any route is known to be meant, so no operation lists them. */
const BEFORE_ROUTES = new Set([404, 405, 414]);
const INTEGER = /^-?\d{1,16}$/;
const READ_AS: Readonly<Record<string, unknown>> = { true: true, false: false };

/** Holds answers and bodies against what the document says of them. */
export class Documented {
  private readonly ajv: Ajv2020;
  private readonly document: ApiDocument;
  private readonly compiled = new Map<string, ValidateFunction | undefined>();

  constructor(document: ApiDocument) {
    this.document = document;
    this.ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: true });
    addFormats.default(this.ajv);
    this.ajv.addFormat('decimal', /^-?\d+(\.\d+)?$/);
    this.ajv.addFormat('binary', true);
    this.ajv.addSchema({ ...document, $id: 'api' });
  }

  /** Whether a body is one that the operation takes. */
  takes(operation: Operation, body: unknown): boolean {
    const validate = this.validator(`${this.at(operation)}/requestBody/content/application~1json/schema`);
    return validate?.(body) === true;
  }

  /** Whether a body is one that the operation takes, as it goes over the wire. */
  takesText(operation: Operation, raw: string | Uint8Array): boolean {
    try {
      const text = typeof raw === 'string' ? raw : new TextDecoder('utf-8', { fatal: true }).decode(raw);
      return this.takes(operation, JSON.parse(text));
    } catch {
      return false;
    }
  }

  /** Whether a text is a value that a parameter of the query takes. */
  takesParameter(operation: Operation, name: string, text: string): boolean {
    const schema = operation.queryParameters.find((parameter) => parameter.name === name)?.schema ?? {};
    const types = typesOf(schema);
    const value = types.includes('integer') && INTEGER.test(text) ? Number(text) : READ_AS[text];
    const candidates = [text, value, [text]].filter((candidate) => candidate !== undefined);
    return candidates.some((candidate) => this.ajv.validate(schema, candidate));
  }

  /** What is wrong with an answer; `elsewhere` when the request may have missed the operation. */
  faultsOf(operation: Operation, answer: Answer, elsewhere: boolean): string[] {
    const { status } = answer;
    if (status >= 500) return this.failureFaults(answer);
    const responses = this.responsesOf(operation);
    if (!(status in responses))
      return elsewhere && BEFORE_ROUTES.has(status)
        ? problemFaults(answer)
        : [`answered ${status}, which is not documented: ${answer.text.slice(0, 300)}`];
    if (status >= 400) {
      const faults = problemFaults(answer);
      return faults.length > 0 ? faults : this.problemSchemaFaults(answer);
    }
    return this.successFaults(operation, answer);
  }

  // Overload and outage are documented as the default answer, and say when to come back.
  private failureFaults(answer: Answer): string[] {
    if (answer.status === 503 && answer.headers['retry-after']) return problemFaults(answer);
    return [`failed with ${answer.status}: ${answer.text.slice(0, 300)}`];
  }

  private successFaults(operation: Operation, { status, headers, text }: Answer): string[] {
    const content = this.responsesOf(operation)[String(status)]?.content ?? {};
    const [documented] = Object.keys(content);
    const type = headers['content-type']?.split(';')[0];
    const asDocumented = documented === undefined ? text === '' : inRange(type, documented);
    if (!asDocumented) return [`answered ${status} as ${type} instead of ${documented ?? 'nothing'}`];
    if (documented !== JSON_ANSWER) return [];
    const pointer = `${this.at(operation)}/responses/${status}/content/application~1json/schema`;
    return this.schemaFaults(pointer, status, text);
  }

  private problemSchemaFaults({ status, text }: Answer): string[] {
    return this.schemaFaults('/components/schemas/Problem', status, text);
  }

  private schemaFaults(pointer: string, status: number, text: string): string[] {
    const validate = this.validator(pointer);
    if (validate?.(JSON.parse(text))) return [];
    const [error] = validate?.errors ?? [];
    return [
      `answered ${status} with a body that is not as documented: ${error?.instancePath} ${error?.message}`,
    ];
  }

  private responsesOf({ path, method }: Operation) {
    return this.document.paths[path]?.[method.toLowerCase()]?.responses ?? {};
  }

  private at({ path, method }: Operation): string {
    return `/paths/${path.replaceAll('~', '~0').replaceAll('/', '~1')}/${method.toLowerCase()}`;
  }

  private validator(pointer: string): ValidateFunction | undefined {
    if (!this.compiled.has(pointer))
      this.compiled.set(pointer, this.ajv.compile({ $ref: `api#${encodeURI(pointer)}` }));
    return this.compiled.get(pointer);
  }
}

/** Whether a media type is the documented one, or of the documented range: `image/*`. */
function inRange(type: string | undefined, range: string): boolean {
  return type === range || (range.endsWith('/*') && (type ?? '').startsWith(range.slice(0, -1)));
}
