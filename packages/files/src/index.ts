export { type AtomicWriteOptions, writeFileAtomically, writeJsonAtomically } from "./atomic.js";
export { cacheFolder } from "./cache.js";
export {
  type DataFile,
  type DataFiles,
  type DataSearch,
  type FoundFolder,
  findDataFolder,
  usualSearch,
} from "./dataFiles.js";
export { type DownloadOptions, download, sha256Of } from "./download.js";
export { FileError } from "./errors.js";
export { makeFolder, makeNewFolder } from "./folder.js";
export type { FolderHold, HeldWriteOptions } from "./hold.js";
export { type FolderHolder, folderHolder, type LockOptions, lockFile, lockFolder } from "./lock.js";
export { readIfPresent, readTextIfPresent } from "./read.js";
