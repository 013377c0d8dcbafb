/** The database cannot be used as it is: waiting does not help. The message tells what does. */
export class DatabaseUnusable extends Error {
  override readonly name = 'DatabaseUnusable';
}
