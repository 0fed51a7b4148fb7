import { nearestName, SteepestError } from "@steepest/optim";
import { isMap, isNode, isScalar, LineCounter, parseDocument, visit } from "yaml";
import { z } from "zod";

/**
 * Parses YAML of a known form.
 * @param where the file's name, for errors
 * @param example what errors point to as an example of the form
 * @throws SteepestError `malformed-file` with line and column of the first thing that is not as expected,
 *   what was expected, and the nearest key where one is unknown
 */
export function parseYaml<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  where: string,
  example = "examples/tiny.yaml",
): z.infer<Schema> {
  const lineCounter = new LineCounter();
  // Errors without their place, which is said before each.
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const malformed = (offset: number, problem: string, fix: string, cause?: unknown): SteepestError => {
    const { line, col } = lineCounter.linePos(offset);
    return new SteepestError("malformed-file", `${where}:${line}:${col}: ${problem}`, fix, { cause });
  };
  const [error] = document.errors;
  if (error !== undefined)
    throw malformed(
      error.pos[0],
      `this is not YAML: ${lowerFirst(error.message)}`,
      `Correct this line; see ${example}`,
      error,
    );
  // An asterisk begins a reference in YAML; one to nothing is found only where values are made.
  let lastReference = 0;
  visit(document, {
    Alias(_, alias) {
      lastReference = alias.range?.[0] ?? lastReference;
      if (alias.resolve(document) === undefined)
        throw malformed(
          alias.range?.[0] ?? 0,
          `*${alias.source} refers to nothing: no &${alias.source} stands before it`,
          "Write the value itself, in quotes where it begins with an asterisk",
        );
    },
  });
  let values: unknown;
  try {
    values = document.toJS();
  } catch (cause) {
    // References to references grow beyond all bounds; the parser counts them.
    throw malformed(
      lastReference,
      `its references cannot be replaced by what they stand for: ${lowerFirst(messageOf(cause))}`,
      "Write the values themselves",
      cause,
    );
  }
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data;

  /** Where a value begins; that of the nearest parent where it is absent. */
  const offsetOf = (path: readonly PropertyKey[]): number => {
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true);
      if (isNode(node)) return node.range?.[0] ?? 0;
    }
    return 0;
  };
  const offsetOfKey = (path: readonly PropertyKey[], key: string): number => {
    const map = path.length === 0 ? document.contents : document.getIn(path, true);
    if (!isMap(map)) return offsetOf(path);
    const pair = map.items.find((item) => isScalar(item.key) && item.key.value === key);
    return isNode(pair?.key) ? (pair.key.range?.[0] ?? 0) : offsetOf(path);
  };

  const issue = deepest(parsed.error.issues);
  if (issue.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    const form = z.toJSONSchema(schema, { unrepresentable: "any", io: "input" });
    const known = keysAt(form, issue.path, values);
    const nearest = nearestName(key, known);
    throw malformed(
      offsetOfKey(issue.path, key),
      `unknown key ${JSON.stringify(key)}${within(issue.path)}`,
      `${nearest === undefined ? "" : `Did you mean "${nearest}"? `}Known: ${known.join(", ")}`,
      parsed.error,
    );
  }
  const name = issue.path.map(String).join(".");
  const value = issue.path.length === 0 ? values : document.getIn(issue.path);
  const problem =
    value === undefined
      ? `${name === "" ? "the file is empty" : `${name} is missing`}`
      : `${name === "" ? "the file" : name} is wrong: ${lowerFirst(issue.message)}`;
  throw malformed(
    offsetOf(issue.path),
    problem,
    `${value === undefined ? "Add it" : "Correct it"}; see ${example}`,
    parsed.error,
  );
}

const within = (path: readonly PropertyKey[]): string =>
  path.length === 0 ? "" : ` in ${path.map(String).join(".")}`;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

/**
 * The issue that says most: a key that is unknown, which often is the one that seems to be missing; inside a
 * union, that of the alternative that came furthest.
 */
function deepest(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue {
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  if (issue === undefined) throw new Error("internal: a failed parse without an issue");
  if (issue.code !== "invalid_union") return issue;
  const inner = issue.errors
    .filter((alternative) => alternative.length > 0)
    .map((alternative) => deepest(alternative))
    .toSorted((a, b) => b.path.length - a.path.length)[0];
  // Alternatives of which none was entered are one expectation together.
  if (inner === undefined || inner.path.length === 0) return issue;
  return { ...inner, path: [...issue.path, ...inner.path] };
}

/** The keys that a schema knows at a path, those of all the alternatives that the value may be. */
function keysAt(schema: unknown, path: readonly PropertyKey[], value: unknown): readonly string[] {
  const kind = field(value, "kind");
  const alternatives = [schema, ...listOf(field(schema, "anyOf")), ...listOf(field(schema, "oneOf"))].filter(
    (one) => kind === undefined || [undefined, kind].includes(kindOf(one)),
  );
  const [first, ...rest] = path;
  if (first === undefined) {
    const keys = alternatives.flatMap((one) => Object.keys(asObject(field(one, "properties"))));
    return [...new Set(keys)];
  }
  const keys = alternatives.flatMap((one) => {
    const next =
      typeof first === "number"
        ? field(one, "items")
        : (field(field(one, "properties"), String(first)) ?? field(one, "additionalProperties"));
    return next === undefined ? [] : keysAt(next, rest, field(value, String(first)));
  });
  return [...new Set(keys)];
}

/** The kind that a schema is of, where one key tells its alternatives apart. */
const kindOf = (schema: unknown): unknown => field(field(field(schema, "properties"), "kind"), "const");

const asObject = (value: unknown): object => (typeof value === "object" && value !== null ? value : {});

const field = (value: unknown, key: string): unknown => Reflect.get(asObject(value), key);

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
