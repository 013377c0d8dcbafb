/** The items of a list that is separated by commas. White space around them and empty ones do not count. */
export function listOf(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** @throws Error if an item is two, or is quoted: what shells and YAML leave of a list by mistake */
export function assertOneItem(item: string): void {
  if (/["'`]/.test(item)) throw new Error(`has a quotation mark in ${item}`);
  if (/[\s;]/.test(item))
    throw new Error(`must have a comma between its items, not as in "${item}"`);
}
