import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseS3Location } from './s3-location.ts'
import { nameOfUpload, uploadOfName } from './upload-name.ts'

test('bucket and prefix are read from a directory, and a path is none', () => {
  assert.deepEqual(parseS3Location('s3://bucket/a/b'), { bucket: 'bucket', prefix: 'a/b' })
  assert.deepEqual(parseS3Location('s3://my.bucket-1/a/b//'), {
    bucket: 'my.bucket-1',
    prefix: 'a/b',
  })
  assert.deepEqual(parseS3Location('s3://bucket/'), { bucket: 'bucket', prefix: '' })
  assert.deepEqual(parseS3Location('s3://bucket'), { bucket: 'bucket', prefix: '' })
  for (const path of ['/var/lib', 'relative', 'C:\\checkpoints', '\\\\host\\share', '/s3://x']) {
    assert.equal(parseS3Location(path), undefined)
  }
})

test('what is neither is refused with what to write', () => {
  const cases = [
    ['s3a://bucket/x', /write it as s3:\/\/bucket\/prefix/],
    ['hdfs://host/x', /no storage for hdfs:\/\//],
    ['file:///x', /its absolute path/],
    ['s3://', /no name of a bucket/],
    ['s3:///x', /no name of a bucket/],
    ['s3://Bucket/x', /no name of a bucket/],
    ['s3://bucket/a//b', /empty parts/],
    ['s3://bucket/../b', /empty parts/],
    [`s3://bucket/${'x/'.repeat(300)}`, /more than 512 bytes/],
  ] as const
  for (const [directory, message] of cases) {
    assert.throws(() => parseS3Location(directory), { code: 'CONFIG_VALUE_INVALID', message })
  }
})

test('an unfinished upload has a name from which it is found again', () => {
  for (const uploadId of ['2~abc', 'a.b-c_d', 'x/y+z=', 'ü']) {
    const upload = { key: 'job/a.b/1-abc', uploadId }
    const name = nameOfUpload(upload)
    assert.match(name, /^job\/a\.b\/1-abc\.[^/.]+\.tmp$/)
    assert.deepEqual(uploadOfName(name), upload)
  }
  for (const name of ['a/1', '.tmp', 'a.tmp', 'a.%.tmp'])
    assert.equal(uploadOfName(name), undefined)
})
