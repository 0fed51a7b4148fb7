import { access } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { cacheFolder, download, FileError } from "@steepest/files";
import { SteepestError } from "@steepest/optim";

/**
 * The four files, and the SHA-256 of each once decompressed: distributions compress them anew, with other
 * bytes.
 */
export const fashionMnistFiles = {
  trainImages: {
    name: "train-images-idx3-ubyte.gz",
    sha256: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
  },
  trainLabels: {
    name: "train-labels-idx1-ubyte.gz",
    sha256: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
  },
  testImages: {
    name: "t10k-images-idx3-ubyte.gz",
    sha256: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
  },
  testLabels: {
    name: "t10k-labels-idx1-ubyte.gz",
    sha256: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
  },
} as const;

/** The host that the authors of Fashion-MNIST (Xiao, Rasul and Vollgraf 2017) name. */
const HOST = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com";
const DEBIAN_FOLDER = "/usr/share/datasets/fashion-mnist";

/** Where to look for the files, and whether to fetch them. */
export interface DataSearch {
  /** A folder that was asked for by name: it, or a folder `fashion-mnist` in it, must hold the files. */
  readonly chosen?: string;
  /** Folders, in order. */
  readonly folders: readonly string[];
  /** Where a download is kept. */
  readonly cache: string;
  /** From where, or undefined to stay offline. */
  readonly host: string | undefined;
}

/**
 * `$STEEPEST_DATA` alone where it is set; else Debian's package `dataset-fashion-mnist`, the cache, then a
 * download to the cache unless `$STEEPEST_OFFLINE` is set.
 */
export function usualSearch(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): DataSearch {
  const chosen = environment.STEEPEST_DATA ?? "";
  const cache = join(cacheFolder(environment), "fashion-mnist");
  return {
    ...(chosen === "" ? {} : { chosen }),
    folders: [DEBIAN_FOLDER, cache],
    cache,
    host: (environment.STEEPEST_OFFLINE ?? "") === "" ? HOST : undefined,
  };
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function holdsAll(folder: string): Promise<boolean> {
  const found = await Promise.all(
    Object.values(fashionMnistFiles).map(({ name }) => isThere(join(folder, name))),
  );
  return found.every(Boolean);
}

/** A folder with the four files, or why there is none. */
export type FoundFolder =
  | { readonly kind: "found"; readonly folder: string }
  | { readonly kind: "missing"; readonly reason: string };

/**
 * Looks through the folders, then downloads. Files are not read here.
 * @throws SteepestError `unavailable` where the chosen folder lacks a file: other data than what was asked
 *   for would be no help
 */
export async function findFolder(search: DataSearch): Promise<FoundFolder> {
  const { chosen } = search;
  if (chosen !== undefined) {
    for (const folder of [chosen, join(chosen, "fashion-mnist")])
      if (await holdsAll(folder)) return { kind: "found", folder };
    throw new SteepestError(
      "unavailable",
      `STEEPEST_DATA is ${chosen}, but neither it nor ${join(chosen, "fashion-mnist")} has the files of Fashion-MNIST`,
      `Put ${Object.values(fashionMnistFiles)
        .map(({ name }) => name)
        .join(", ")} there, or unset STEEPEST_DATA`,
    );
  }
  for (const folder of search.folders) {
    if (await holdsAll(folder)) return { kind: "found", folder };
  }
  const looked = `not in ${search.folders.join(", ")}`;
  const { cache, host } = search;
  if (host === undefined)
    return { kind: "missing", reason: `${looked}; STEEPEST_OFFLINE forbids a download` };
  try {
    // The smallest first: without a network that one attempt is all the waiting.
    const { testLabels, trainLabels, testImages, trainImages } = fashionMnistFiles;
    for (const { name, sha256 } of [testLabels, trainLabels, testImages, trainImages]) {
      const path = join(cache, name);
      if (await isThere(path)) continue;
      await download({ url: `${host}/${name}`, path, sha256, unpack: gunzipSync, connectSeconds: 5 });
    }
    return { kind: "found", folder: cache };
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return { kind: "missing", reason: `${looked}; ${error.message}` };
  }
}
