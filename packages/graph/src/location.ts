/** A stack frame's file, as a path or URL with forward slashes and without `file://`, so that frames and modules compare. */
function normalise(file: string): string {
  return file.replaceAll("\\", "/").replace(/^file:\/\/(?=\/[^/])(\/(?=[A-Za-z]:\/))?/, "");
}

const thisModule = normalise(import.meta.url);
/** The folder that holds this package. */
const packageFolder = thisModule.replace(/\/(?:src|dist)\/[^/]*$/, "/");
/** The folder that holds this package and its siblings: layers and losses, whose lines are not the user's either. */
const siblingsFolder = packageFolder.replace(/[^/]+\/$/, "");

interface Frame {
  readonly file: string;
  readonly place: string;
}

function parseFrame(line: string): Frame | undefined {
  // V8 writes "at name (file:line:column)" or "at file:line:column"; other engines "name@file:line:column".
  const match = /(?:\(|@|at (?:async )?)([^()]*?):(\d+):(\d+)\)?$/.exec(line.trim());
  const [, file, row, column] = match ?? [];
  if (file === undefined || file.startsWith("node:")) return undefined;
  const path = normalise(file).replace(/^.*@(?=\/|https?:)/, "");
  return { file: path, place: `${path}:${row}:${column}` };
}

const isTest = (file: string): boolean => /\.test\.[cm]?[jt]sx?$/.test(file);

/**
 * The place `file:line:column` of the code that called into the library: the innermost stack frame outside this
 * package and its siblings; where there is none, the innermost one outside this package.
 */
export function callerLocation(): string | undefined {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 64;
  const stack = new Error().stack ?? "";
  Error.stackTraceLimit = limit;
  const frames = stack.split("\n").flatMap((line) => parseFrame(line) ?? []);
  const outside = (folder: string) => (frame: Frame) => !frame.file.startsWith(folder) || isTest(frame.file);
  return (frames.find(outside(siblingsFolder)) ?? frames.find(outside(packageFolder)))?.place;
}
