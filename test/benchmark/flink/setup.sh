#!/usr/bin/env bash
# Gets Apache Flink 2.3.0 (its official distribution, as packed on PyPI) and builds the benchmark jobs.
# With the argument s3, its plugin for S3 too. Needs java 17, mvn, python3, pip. About one minute. Everything lands beside this script, in folders that .gitignore names.
set -e; cd "$(dirname "$0")"; mkdir -p dl dist run
[ -f dist/pyflink/lib/flink-dist-2.3.0.jar ] || { pip download -q --no-deps -d dl apache-flink-libraries==2.3.0; python3 -c "import zipfile;zipfile.ZipFile('dl/apache_flink_libraries-2.3.0-py2.py3-none-any.whl').extractall('dist')"; }
(cd jobs && mvn -q -B package)
if [ "${1:-}" = s3 ] && [ ! -f dl/plugins/s3-fs-presto/flink-s3-fs-presto-2.3.0.jar ]; then
  mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.0:copy -Dartifact=org.apache.flink:flink-s3-fs-presto:2.3.0 -DoutputDirectory="$PWD/dl/plugins/s3-fs-presto"
fi
