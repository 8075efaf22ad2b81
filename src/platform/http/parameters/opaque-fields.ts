const opaque = new WeakMap<object, Set<string>>();

/** Marks a field that takes a plain value, or an object that the database takes from the text of the body. */
export const Opaque: PropertyDecorator = (target, property) => {
  const fields = opaque.get(target) ?? new Set();
  opaque.set(target, fields.add(String(property)));
};

export function isOpaque({ prototype }: { prototype: unknown }, property: string): boolean {
  for (let at = prototype as object | null; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    if (opaque.get(at)?.has(property) === true) return true;
  }
  return false;
}
