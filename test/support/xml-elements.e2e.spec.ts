import { describe, expect, it } from 'vitest';
import { xmlElements } from './xml-elements.js';

describe('the elements of XML', () => {
  it('are found with their text', () => {
    expect(xmlElements('<a x="1"><b class="c d"/>text &amp; text<e>\n</e></a>\n')).toEqual([
      { name: 'a', attributes: { x: '1' } },
      { name: 'b', attributes: { class: 'c d' } },
      { name: 'e', attributes: {} },
    ]);
  });

  it.each([
    '<a><b></a></b>',
    '<a>',
    '<a/><b/>',
    '<a>1 < 2</a>',
    '<a>this & that</a>',
    '<a x=1/>',
    '<a x="<"/>',
    '<a/>text',
    '</a>',
  ])('are not found in %s', (text) => {
    expect(() => xmlElements(text)).toThrow();
  });
});
