# The package and the workflow, with PyTorch for GPUs. Not built by the project's own tests.
#   docker build -t selfstudy .
#   docker run --gpus all --shm-size 8g -v "$PWD:/study" selfstudy snakemake -s /selfstudy/Snakefile
#   apptainer build selfstudy.sif docker-daemon://selfstudy:latest
FROM python:3.12-slim

WORKDIR /selfstudy
COPY . .
# In place, as scripts find the package beside the workflow; ranges of versions are pyproject.toml's.
RUN pip install --no-cache-dir --editable '.[data,export,render,search,tracking,workflow]'

WORKDIR /study
CMD ["selfstudy"]
