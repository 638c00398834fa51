import { MillraceError } from '@millrace/core'

/**
 * Throws API_VERSION_MISMATCH unless a bundle made for `bundle` runs on `cluster`: same major
 * version (before 1.0 same minor version) and nothing newer than the cluster has.
 */
export function checkApiVersion(bundle: string, cluster: string): void {
  const [bundleMajor, bundleMinor] = parse(bundle)
  const [clusterMajor, clusterMinor] = parse(cluster)
  const isCompatible =
    bundleMajor === clusterMajor &&
    (clusterMajor === 0 ? bundleMinor === clusterMinor : bundleMinor <= clusterMinor)
  if (isCompatible) return
  throw new MillraceError(
    'API_VERSION_MISMATCH',
    `The job was bundled for version ${bundle} of the API, the cluster runs version ${cluster}. ` +
      `Install millrace@${cluster} where the job is bundled, or upgrade the cluster.`,
    { disposition: 'reject-request', blame: 'user', details: { bundle, cluster } },
  )
}

/** NaN, which equals nothing, where the text is no version. */
function parse(version: string): readonly [major: number, minor: number] {
  const match = /^(\d+)\.(\d+)(?:[.+-].*)?$/.exec(version)
  return match === null ? [Number.NaN, Number.NaN] : [Number(match[1]), Number(match[2])]
}
