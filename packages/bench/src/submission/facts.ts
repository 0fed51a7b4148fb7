import { nearestName, SteepestError } from "@steepest/optim";

/** What a program asks of any object, and a value that is awaited or printed is asked for. */
const asked = new Set<string>(["then", "toJSON", "constructor", "asymmetricMatch", "nodeType", "$$typeof"]);

/**
 * The facts with every other question refused: a submission that asks for the workload's name would be one
 * submission for each workload. What the program itself asks of any object is answered with nothing.
 */
export function guardedFacts<Facts extends object>(submission: string, facts: Facts): Facts {
  const known = Object.keys(facts);
  return new Proxy(Object.freeze({ ...facts }), {
    get(target, key) {
      if (typeof key === "symbol" && key !== Symbol.toPrimitive) return undefined;
      // Who turns the facts into a text takes them for a name.
      const name = key === Symbol.toPrimitive || key === "toString" ? "name" : String(key);
      if (Object.hasOwn(target, name)) return Reflect.get(target, name);
      if (asked.has(name)) return undefined;
      throw refused(submission, name, known);
    },
    has(target, key) {
      if (typeof key === "string" && !Object.hasOwn(target, key)) throw refused(submission, key, known);
      return Object.hasOwn(target, key);
    },
  });
}

/** Questions whose answer would tell the workloads apart. */
const identifying = /name|workload|title|description|source|target|id$|key/i;

function refused(submission: string, name: string, known: readonly string[]): SteepestError {
  const all = known.join(", ");
  const nearest = nearestName(name, known);
  return identifying.test(name)
    ? new SteepestError(
        "misuse",
        `${submission} asks for the workload's ${name}, which the rules forbid: one submission serves every workload`,
        `Decide by what it may know: ${all}`,
      )
    : new SteepestError(
        "misuse",
        `${submission} asks for the workload's ${JSON.stringify(name)}, which there is not`,
        `${nearest === undefined ? "" : `Did you mean "${nearest}"? `}It may know ${all}`,
      );
}
