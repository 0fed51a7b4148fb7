/** Takes the bytes of one file, in order. */
export interface ByteSink {
  /** The bytes are only valid during the call. */
  push(bytes: Buffer): void;
  end(): void;
}

/** What is told of a tree of files, in a folder or an archive. Paths are relative, with `/`. */
export interface TreeVisitor {
  /** A plain file; where a sink is returned, its content follows. */
  file(path: string): ByteSink | undefined;
  /** Something that is not read, and why. */
  refused(path: string, reason: string): void;
}
