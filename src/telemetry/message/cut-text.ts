/** The first characters of a text: by code points, since half of a surrogate pair is not a character. */
export function cutText(text: string, characters: number): string {
  if (text.length <= characters) return text;
  return Array.from(text.slice(0, 2 * characters))
    .slice(0, characters)
    .join('');
}
