/**
 * The script of a page, put together from functions of this package: each function's own compiled source goes
 * into the page, so that page code is checked TypeScript, is shared with the code that draws static charts,
 * and needs no bundler. The price is one rule: such a function is self-contained. It uses its arguments and
 * the platform, and nothing else of its module.
 */
export interface PageProgram<Parts extends object> {
  /** Adds a part; later parts find it under its name. */
  with<Name extends string, Part>(
    name: Name,
    create: (parts: Parts) => Part,
  ): PageProgram<Parts & Record<Name, Part>>;
  /** The script that mounts the page on the data embedded as JSON in the element with id `data`. */
  script<Data>(mount: (parts: Parts, data: Data) => void): string;
}

const extend = <Parts extends object>(lines: readonly string[]): PageProgram<Parts> => ({
  with: (name, create) =>
    extend([...lines, `parts[${JSON.stringify(name)}] = (${create.toString()})(parts);`]),
  script: (mount) =>
    [
      '"use strict";',
      "const parts = {};",
      ...lines,
      `(${mount.toString()})(parts, JSON.parse(document.getElementById("data").textContent));`,
      "",
    ].join("\n"),
});

/** A program without parts. */
export const pageProgram = (): PageProgram<object> => extend([]);
