import type { Committer } from '@millrace/api'
import { MillraceError } from '@millrace/core'
import type { OutputFiles } from './output-files.ts'
import type { FileCommittable } from './part-file.ts'
import { folderOf } from './part-file-name.ts'

// Invariants
//  - A file is published by one rename, so it is there as a whole or not at all.
//  - No finished file is replaced: numbers of files are not used twice along a line of checkpoints.
//  - What was committed once is on the disk, and committing it again changes nothing.

type Publication = Extract<FileCommittable, { readonly kind: 'publish' }>

/** Publishes files of a FileSink, in whatever process. */
export class FileCommitter implements Committer<FileCommittable> {
  readonly #files: OutputFiles

  constructor(files: OutputFiles) {
    this.#files = files
  }

  async commit(committables: readonly FileCommittable[]): Promise<void> {
    const published = committables.filter((each) => each.kind === 'publish')
    for (const publication of published) await this.#publish(publication)
    await this.#syncFolders(published.map(({ targetPath }) => targetPath))
    const removed = committables.filter(({ kind }) => kind === 'remove')
    for (const { path } of removed) await this.#files.remove(path)
    await this.#syncFolders(removed.map(({ path }) => path))
  }

  close(): void {}

  async #syncFolders(paths: readonly string[]): Promise<void> {
    for (const folder of new Set(paths.map(folderOf))) await this.#files.syncFolder(folder)
  }

  async #publish(publication: Publication): Promise<void> {
    if (await this.#isPublished(publication)) return
    const { path, targetPath, sizeBytes } = publication
    const found = await this.#files.sizeOf(path)
    if (found === sizeBytes) {
      try {
        await this.#files.rename(path, targetPath)
        return
      } catch (error) {
        // A committer of an attempt that ends may publish it at the same time.
        if (await this.#isPublished(publication)) return
        throw error
      }
    }
    if (await this.#isPublished(publication)) return
    throw found === undefined ? neitherThere(publication) : wrongSize(publication, found)
  }

  /** The target is looked at first: so a rename between the two looks is not taken for two files. */
  async #isPublished(publication: Publication): Promise<boolean> {
    const { path, targetPath, sizeBytes } = publication
    const found = await this.#files.sizeOf(targetPath)
    if (found === undefined) return false
    if (found !== sizeBytes || (await this.#files.sizeOf(path)) !== undefined) {
      throw targetTaken(publication)
    }
    return true
  }
}

function neitherThere({ path, targetPath, sizeBytes }: Publication): MillraceError {
  const message =
    `File ${targetPath} cannot be published: it is not there, nor is ${path}, which held its ` +
    `${sizeBytes} bytes when the checkpoint was taken. Somebody removed it or took it away too ` +
    'early, or this machine does not see its folder: every TaskManager must see the same one.'
  return new MillraceError('FILE_WRITE_FAILED', message, {
    blame: 'external',
    disposition: 'retry',
    details: { path, targetPath, sizeBytes },
  })
}

function wrongSize(publication: Publication, foundBytes: number): MillraceError {
  const { path, targetPath, sizeBytes } = publication
  const message =
    `File ${path} has ${foundBytes} bytes, but had ${sizeBytes} when the checkpoint was taken: ` +
    `somebody changed it, so it is not published as ${targetPath}. Leave hidden files of a ` +
    'FileSink alone; restore an earlier checkpoint if the text is lost.'
  return failed(message, { path, targetPath, sizeBytes, foundBytes })
}

function targetTaken({ path, targetPath, sizeBytes }: Publication): MillraceError {
  const message =
    `File ${path} cannot be published as ${targetPath}: a file of that name is there already. Do ` +
    'two sinks, or two jobs, write into one folder? Give each a folder of its own.'
  return failed(message, { path, targetPath, sizeBytes })
}

function failed(
  message: string,
  details: Readonly<Record<string, string | number>>,
): MillraceError {
  return new MillraceError('FILE_WRITE_FAILED', message, {
    blame: 'user',
    disposition: 'fail-job',
    details,
  })
}
