/** Keywords of JSON Schema between fields of a body, such as `if` and `then`. Generators of clients ignore them. */
export type Conditions = Record<string, unknown>;

const conditions = new Map<string, Conditions>();

/** Documents a condition between fields of a body, which its own decorators cannot describe. */
export function ApiConditions(keywords: Conditions): ClassDecorator {
  return ({ name }) => {
    conditions.set(name, keywords);
  };
}

/** @param schema the name of a class, which is that of its schema in the OpenAPI document */
export function conditionsOf(schema: string): Conditions | undefined {
  return conditions.get(schema);
}
