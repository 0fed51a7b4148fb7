import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type FolderHold, lockFile, readTextIfPresent } from "@steepest/files";
import { SteepestError } from "@steepest/optim";
import { invalidValue, parseJson } from "@steepest/train";
import type { z } from "zod";

/** The file of a folder that says which trials belong into it. */
export const planFile = "plan.json";

/** Folders of one kind of plan. */
export interface PlanFolders<Plan> {
  /**
   * The plan of a folder; undefined where it holds none.
   * @throws SteepestError `malformed-file` for a damaged plan
   */
  read(folder: string): Promise<Plan | undefined>;
  /**
   * Checks that a plan may begin in a folder: that it is missing or empty.
   * @throws SteepestError `invalid-value` where it holds a plan or anything else, `malformed-file` for a
   *   damaged plan
   */
  checkNew(folder: string): Promise<void>;
  /**
   * Makes a folder that this process holds the place of a plan, or finds it so already.
   * @returns whether the folder held the same plan before
   * @throws SteepestError `misuse` where it holds another plan: trials of different configurations are never
   *   mixed; `invalid-value` where it holds something that is no plan of this kind
   */
  claim(hold: FolderHold, plan: Plan): Promise<boolean>;
}

/** How a kind of plan presents itself to people. */
export interface PlanKind<Plan extends object> {
  /** `comparison` */
  readonly noun: string;
  readonly schema: z.ZodType<Plan>;
  /** How to go on with one that a folder holds, as a sentence begins: `Continue it with ...`. */
  continueWith(folder: string): string;
  /** Choices that decide no trial's bits and may differ from those that the folder holds. */
  readonly free?: readonly (keyof Plan & string)[];
}

/** The folders of a kind of plan. */
export function planFolders<Plan extends object>({
  noun,
  schema,
  continueWith,
  free = [],
}: PlanKind<Plan>): PlanFolders<Plan> {
  const read = async (folder: string): Promise<Plan | undefined> => {
    const path = join(folder, planFile);
    const text = await readTextIfPresent(path);
    return text === undefined ? undefined : parseJson(text, schema, path);
  };
  const checkNew = async (folder: string): Promise<void> => {
    const name = JSON.stringify(folder);
    if ((await read(folder)) !== undefined)
      throw invalidValue(
        `${name} holds a ${noun} already`,
        `${continueWith(folder)}, or choose another folder`,
      );
    const found = (await readdir(folder).catch(() => [])).find((file) => file !== lockFile);
    if (found !== undefined)
      throw invalidValue(
        `${name} is not empty and holds no ${noun}: found ${JSON.stringify(found)} in it`,
        "Choose a new or an empty folder",
      );
  };
  return {
    read,
    checkNew,
    async claim(hold, plan) {
      const { folder } = hold;
      const held = await read(folder);
      if (held === undefined) {
        await checkNew(folder);
        await hold.writeJson(planFile, plan);
        return false;
      }
      const heldValues = new Map<string, unknown>(Object.entries(held));
      // Through the schema, as what was read: so that keys stand in the same order.
      const differing = Object.entries(schema.parse(plan))
        .filter(([key]) => !free.some((one) => one === key))
        .filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(heldValues.get(key)))
        .map(([key]) => key);
      if (differing.length > 0)
        throw new SteepestError(
          "misuse",
          `${JSON.stringify(folder)} holds another ${noun}: its ${differing.join(", ")} differ`,
          "Choose another folder, or repeat the options that it was started with",
        );
      if (free.some((key) => JSON.stringify(plan[key]) !== JSON.stringify(held[key])))
        await hold.writeJson(planFile, plan);
      return true;
    },
  };
}
