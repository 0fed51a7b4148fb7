/**
 * A file or download that could not be had. It has the fields of the errors of the other packages (a leaf
 * imports none of them): the message says what was expected and what was found, `fix` what to do next.
 */
export class FileError extends Error {
  override readonly name = "FileError";
  constructor(
    /**
     * `unavailable`: could not be read or fetched; `malformed-file`: fetched, but not what it must be;
     * `in-use`: another process has it.
     */
    readonly code: "unavailable" | "malformed-file" | "in-use",
    /** What was expected and what was found, without the fix. */
    readonly problem: string,
    readonly fix: string,
    options?: ErrorOptions,
  ) {
    super(`${problem}. ${fix}`, options);
  }
}
