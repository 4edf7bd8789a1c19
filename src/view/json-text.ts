/** An object of --json as it is printed. */
export function jsonText(object: object): string {
  return `${JSON.stringify(object, null, 2)}\n`;
}
