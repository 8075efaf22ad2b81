import { useEffect, useState } from 'preact/hooks';
import { THEME_CHANGED } from './theme-choice.js';

/** Colours of the theme, as a canvas takes them. */
export interface ChartColours {
  text: string;
  grid: string;
  lines: string[];
}

const LINES = ['--line-1', '--line-2', '--line-3', '--line-4', '--line-5', '--line-6'];

/** Those of the theme of now: others when it changes. */
export function useColours(): ChartColours {
  const [colours, setColours] = useState(read);
  useEffect(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const update = (): void => setColours(read());
    dark.addEventListener('change', update);
    addEventListener(THEME_CHANGED, update);
    return () => {
      dark.removeEventListener('change', update);
      removeEventListener(THEME_CHANGED, update);
    };
  }, []);
  return colours;
}

function read(): ChartColours {
  // The value of a property is text, with light-dark() in it; the colour of an element is resolved.
  const probe = document.body.appendChild(document.createElement('span'));
  const resolved = (property: string): string => {
    probe.style.color = `var(${property})`;
    return getComputedStyle(probe).color;
  };
  const colours = { text: resolved('--muted'), grid: resolved('--border'), lines: LINES.map(resolved) };
  probe.remove();
  return colours;
}
