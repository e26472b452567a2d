/** The package's version: that of package.json, written here by the script `version`. */
export const version = '0.1.0'
