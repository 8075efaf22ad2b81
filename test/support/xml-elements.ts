const TOKEN = /<(\/?)([a-z]\w*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/giy;
const ENTITY = /&(?!(?:amp|lt|gt|quot|apos|#\d+);)/;

export interface XmlElement {
  name: string;
  attributes: Record<string, string>;
}

/**
 * The elements of a text, in the order in which they begin.
 *
 * @throws where it is no well-formed XML; comments, declarations and the like are not taken
 */
export function xmlElements(text: string): XmlElement[] {
  const elements: XmlElement[] = [];
  const open: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(text);
    const fault = (what: string): Error => new Error(`${what}: ${text.slice(at, at + 80)}`);
    if (found === null) throw fault('This is no XML');
    const [token, closing, name = '', attributes = '', empty] = found;
    if (ENTITY.test(token)) throw fault('An & is not escaped');
    if (closing === undefined) {
      if (open.length === 0 && token.trim() !== '') throw fault('There is text outside of the root');
    } else if (closing === '/') {
      if (open.pop() !== name) throw fault('Another element is to be closed');
    } else {
      if (open.length === 0 && elements.length > 0) throw fault('There is a second root');
      elements.push({ name, attributes: attributesOf(attributes) });
      if (empty === '') open.push(name);
    }
  }
  if (open.length > 0) throw new Error(`${open.join(', ')} is not closed.`);
  return elements;
}

function attributesOf(text: string): Record<string, string> {
  const found = text.matchAll(/([\w:-]+)="([^"]*)"/g);
  return Object.fromEntries([...found].map(([, name = '', value = '']) => [name, value]));
}
