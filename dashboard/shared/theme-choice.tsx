import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

const KEY = 'theme';
const THEMES = { auto: 'System theme', light: 'Light', dark: 'Dark' };

/** Event on `window` after a change of the theme. Canvases must be redrawn. */
export const THEME_CHANGED = 'themechange';

apply(localStorage.getItem(KEY) ?? 'auto');

/** Selects the theme: light, dark or that of the system. Stored in the browser. */
export function ThemeChoice(): JSX.Element {
  const [theme, setTheme] = useState(() => localStorage.getItem(KEY) ?? 'auto');
  const choose = (chosen: string): void => {
    localStorage.setItem(KEY, chosen);
    apply(chosen);
    setTheme(chosen);
    dispatchEvent(new Event(THEME_CHANGED));
  };
  return (
    <select
      class="theme"
      aria-label="Colours"
      value={theme}
      onChange={(event) => choose(event.currentTarget.value)}
    >
      {Object.entries(THEMES).map(([name, label]) => (
        <option key={name} value={name}>
          {label}
        </option>
      ))}
    </select>
  );
}

function apply(theme: string): void {
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}
