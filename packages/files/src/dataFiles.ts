import { access } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "./cache.js";
import { download } from "./download.js";
import { FileError } from "./errors.js";

/** A file of a data set: what it must be, and where it is had. */
export interface DataFile {
  readonly name: string;
  /** Its name at the host, where that is another. */
  readonly remoteName?: string;
  /** SHA-256 of its content, unpacked, 64 hexadecimal digits. */
  readonly sha256: string;
}

/** The files of a data set, and who has them. */
export interface DataFiles {
  /** As people write it. */
  readonly title: string;
  /** The folder below `$STEEPEST_DATA` and below the cache that may hold the files. */
  readonly folder: string;
  /** The smallest first: without a network the attempt to have that one is all the waiting. */
  readonly files: readonly DataFile[];
  /** Where a distribution puts them, if one does. */
  readonly systemFolders: readonly string[];
  /** The address before the names of the files. */
  readonly host: string;
  /** From the bytes sent to the content that is hashed; see `DownloadOptions`. */
  readonly unpack?: (bytes: Uint8Array) => Uint8Array;
}

/** Where to look for the files of a data set, and whether to fetch them. */
export interface DataSearch {
  /** A folder that was asked for by name: it, or the data set's folder in it, must hold the files. */
  readonly chosen?: string;
  /** Folders, in order. */
  readonly folders: readonly string[];
  /** Where a download is kept. */
  readonly cache: string;
  /** From where, or undefined to stay offline. */
  readonly host: string | undefined;
}

/**
 * `$STEEPEST_DATA` alone where it is set; else the folders of distributions, the cache, then a download to
 * the cache unless `$STEEPEST_OFFLINE` is set.
 */
export function usualSearch(
  { folder, systemFolders, host }: DataFiles,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): DataSearch {
  const chosen = environment.STEEPEST_DATA ?? "";
  const cache = join(cacheFolder(environment), folder);
  return {
    ...(chosen === "" ? {} : { chosen }),
    folders: [...systemFolders, cache],
    cache,
    host: (environment.STEEPEST_OFFLINE ?? "") === "" ? host : undefined,
  };
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** A folder with all files, or why there is none. */
export type FoundFolder =
  | { readonly kind: "found"; readonly folder: string }
  | { readonly kind: "missing"; readonly reason: string };

/**
 * Looks through the folders, then downloads. Files that are there are not read.
 * @throws FileError `unavailable` where the chosen folder lacks a file: other data than what was asked for
 *   would be no help
 */
export async function findDataFolder(data: DataFiles, search: DataSearch): Promise<FoundFolder> {
  const { title, files, unpack } = data;
  const holdsAll = async (folder: string) =>
    (await Promise.all(files.map(({ name }) => isThere(join(folder, name))))).every(Boolean);

  const { chosen } = search;
  if (chosen !== undefined) {
    const inside = join(chosen, data.folder);
    for (const folder of [chosen, inside]) if (await holdsAll(folder)) return { kind: "found", folder };
    throw new FileError(
      "unavailable",
      `STEEPEST_DATA is ${chosen}, but neither it nor ${inside} has the files of ${title}`,
      `Put ${files.map(({ name }) => name).join(", ")} there, or unset STEEPEST_DATA`,
    );
  }
  for (const folder of search.folders) if (await holdsAll(folder)) return { kind: "found", folder };
  const looked = `not in ${search.folders.join(", ")}`;
  const { cache, host } = search;
  if (host === undefined)
    return { kind: "missing", reason: `${looked}; STEEPEST_OFFLINE forbids a download` };
  try {
    for (const { name, remoteName = name, sha256 } of files) {
      const path = join(cache, name);
      if (await isThere(path)) continue;
      const unpacked = unpack === undefined ? {} : { unpack };
      await download({ url: `${host}/${remoteName}`, path, sha256, ...unpacked, connectSeconds: 5 });
    }
    return { kind: "found", folder: cache };
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return { kind: "missing", reason: `${looked}; ${error.message}` };
  }
}
