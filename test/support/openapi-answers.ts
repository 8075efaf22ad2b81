import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { OpenAPIObject } from '@nestjs/swagger';

export type Method = 'get' | 'post' | 'patch' | 'put' | 'delete';

export interface Parameter {
  name: string;
  in: 'query' | 'path';
  required?: boolean;
  schema: JsonSchema;
}

export interface JsonSchema {
  type?: string | string[];
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  $ref?: string;
  [key: string]: unknown;
}

type Content = Record<string, { schema: JsonSchema }>;

/** A route of the document. */
export interface Operation {
  method: Method;
  path: string;
  operationId: string;
  parameters: Parameter[];
  body: JsonSchema | undefined;
  answers: Record<string, { content?: Content }>;
}

export interface Answer {
  status: number;
  contentType: string | null;
  text: string;
}

/** Holds answers to the document: status, media type and body. */
export class OpenApiAnswers {
  readonly operations: Operation[];
  private readonly ajv: Ajv2020;
  private readonly validators = new Map<string, ValidateFunction>();

  constructor(private readonly document: OpenAPIObject) {
    this.ajv = new Ajv2020({ strict: false, allErrors: false });
    formats.default(this.ajv, ['date-time', 'uuid', 'int64']);
    this.ajv.addSchema({
      $id: 'openapi',
      components: { schemas: strict(document.components?.schemas ?? {}) },
    });
    this.operations = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item as unknown as Record<Method, Record<string, unknown>>).map(
        ([method, operation]) =>
          ({
            method,
            path,
            operationId: operation.operationId,
            parameters: operation.parameters ?? [],
            body: (operation.requestBody as { content?: Content } | undefined)?.content?.['application/json']
              ?.schema,
            answers: operation.responses,
          }) as Operation,
      ),
    );
  }

  /** What a reference stands for, or the schema itself. */
  resolve(schema: JsonSchema): JsonSchema {
    const name = schema.$ref?.split('/').at(-1);
    return name === undefined ? schema : (this.document.components?.schemas?.[name] as JsonSchema);
  }

  /** What is wrong with an answer; undefined where it is as the document says. */
  objection(operation: Operation, { status, contentType, text }: Answer): string | undefined {
    const answer = operation.answers[status.toString()];
    if (answer === undefined) return `The status ${status.toString()} is not in the document.`;
    if (answer.content === undefined)
      return text === '' ? undefined : 'There is a body, and the document has none.';
    const mediaType = contentType?.split(';')[0] ?? '';
    const schema = answer.content[mediaType]?.schema;
    if (schema === undefined) return `The media type ${mediaType} is not in the document.`;
    if (!mediaType.endsWith('json') || mediaType.includes('ndjson')) return undefined;
    const validate = this.validator(`${operation.operationId} ${status.toString()}`, schema);
    return validate(JSON.parse(text)) ? undefined : this.ajv.errorsText(validate.errors);
  }

  private validator(name: string, schema: JsonSchema): ValidateFunction {
    let validate = this.validators.get(name);
    if (validate === undefined) {
      const text = JSON.stringify(schema).replaceAll('"#/components', '"openapi#/components');
      this.validators.set(name, (validate = this.ajv.compile(JSON.parse(text) as object)));
    }
    return validate;
  }
}

/** The same schemas, in which a field that they do not name is an error. */
function strict(schemas: object): object {
  return Object.fromEntries(
    Object.entries(schemas as Record<string, JsonSchema>).map(([name, schema]) => [
      name,
      schema.properties !== undefined && schema.additionalProperties === undefined
        ? { ...schema, additionalProperties: false }
        : schema,
    ]),
  );
}
