import { readProjectFile } from '../support/markdown.js';

/** The lines of the blocks of shell on a page. */
export function shellLines(page: string): string[] {
  return shellLinesOf(readProjectFile(page));
}

/** The lines of the blocks of shell in Markdown. */
export function shellLinesOf(text: string): string[] {
  return [...text.matchAll(/^( *)```sh\n([\s\S]*?)^ *```$/gm)].flatMap(([, indent = '', block = '']) =>
    block
      .split('\n')
      .map((line) => line.slice(indent.length))
      .filter((line) => line !== ''),
  );
}
