# The requirements, pinned by hash, and the project on top; pip and the sources stay behind.
FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
RUN python -m venv /opt/somos
COPY requirements.txt ./
RUN /opt/somos/bin/pip install --require-hashes --only-binary=:all: -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY intents intents
COPY responses responses
COPY storage storage
RUN /opt/somos/bin/pip install --no-deps --no-build-isolation . \
    && /opt/somos/bin/python -m pip uninstall --yes pip

FROM python:3.13-slim
# A fixed number: owners of files in a volume, and rules like "not root", go by it.
RUN useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin somos \
    && install --directory --owner somos --group somos --mode 0750 /data
COPY --from=build /opt/somos /opt/somos
# What `somos train` compares a new model with the one in service on.
COPY tests/sentences/held_out.yml /opt/somos/held_out.yml
ENV PATH=/opt/somos/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SOMOS_DATA_DIR=/data \
    SOMOS_HELD_OUT=/opt/somos/held_out.yml
WORKDIR /data
VOLUME /data
USER 10001:10001
EXPOSE 8000
# The first start migrates, loads the seed and trains: give it time before a failure counts.
HEALTHCHECK --interval=30s --timeout=5s --start-period=90s --retries=3 \
    CMD ["python", "-c", "from urllib.request import ProxyHandler, build_opener; build_opener(ProxyHandler({})).open('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["somos", "run", "--host", "0.0.0.0", "--port", "8000"]
