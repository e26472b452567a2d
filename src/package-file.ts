/**
 * A file or folder of the package, by its path from the package's root. In src and in dist alike this module lies one
 * folder below it.
 */
export const packageFile = (path: string): URL => new URL(`../${path}`, import.meta.url)
