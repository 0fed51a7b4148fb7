/**
 * A stack frame's file, as a path or URL with forward slashes and without `file://`, so that frames and
 * modules compare.
 */
function normalise(file: string): string {
  return file.replaceAll("\\", "/").replace(/^file:\/\/(?=\/[^/])(\/(?=[A-Za-z]:\/))?/, "");
}

interface Frame {
  readonly file: string;
  readonly place: string;
}

function parseFrame(line: string): Frame | undefined {
  // V8 writes "at name (file:line:column)" or "at file:line:column"; other engines write
  // "name@file:line:column".
  const match =
    /^at .*? \((.+):(\d+):(\d+)\)$/.exec(line.trim()) ??
    /^(?:at (?:async )?|[^@]*@)(.+):(\d+):(\d+)$/.exec(line.trim());
  const [, location = "", row, column] = match ?? [];
  if (location === "" || location.startsWith("node:")) return undefined;
  const file = normalise(location);
  return { file, place: `${file}:${row}:${column}` };
}

const isTest = (file: string): boolean => /\.test\.[cm]?[jt]sx?$/.test(file);

/**
 * The place `file:line:column` of the innermost frame of a stack outside a package and its siblings (layers
 * and losses call into the graph, but their lines are not the user's); where there is none, the innermost one
 * outside the package. Tests are users.
 *
 * @param packageFolder with forward slashes, the last one included
 */
export function placeOutside(stack: string, packageFolder: string): string | undefined {
  const frames = stack.split("\n").flatMap((line) => parseFrame(line) ?? []);
  const outside = (folder: string) => (frame: Frame) => !frame.file.startsWith(folder) || isTest(frame.file);
  const siblingsFolder = packageFolder.replace(/[^/]+\/$/, "");
  return (frames.find(outside(siblingsFolder)) ?? frames.find(outside(packageFolder)))?.place;
}

const thisPackage = normalise(import.meta.url).replace(/\/(?:src|dist)\/errors\/[^/]*$/, "/");

/** The place `file:line:column` of the code that called into the library. */
export function callerLocation(): string | undefined {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 64;
  const stack = new Error().stack ?? "";
  Error.stackTraceLimit = limit;
  return placeOutside(stack, thisPackage);
}
