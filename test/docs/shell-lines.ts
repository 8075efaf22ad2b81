import { readProjectFile } from '../support/markdown.js';

/** The lines of the blocks of shell on a page. */
export function shellLines(page: string): string[] {
  const text = readProjectFile(page);
  return [...text.matchAll(/^( *)```sh\n([\s\S]*?)^ *```$/gm)].flatMap(([, indent = '', block = '']) =>
    block
      .split('\n')
      .map((line) => line.slice(indent.length))
      .filter((line) => line !== ''),
  );
}
