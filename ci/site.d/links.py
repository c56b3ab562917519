"""mkdocs hook: the README is the first page, and links out of docs/ lead to the repository."""
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def on_files(files, config):
    from mkdocs.structure.files import File

    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as readme:
        text = readme.read().replace("](docs/", "](").replace("src=\"docs/", "src=\"")
    # What is beside docs/ is named from there, as the pages do.
    text = re.sub(r"\]\((?!https?:|#|[\w.-]+\.(?:md|png|svg|yaml)(?:#|\)))([\w.][^)]*)\)", r"](../\1)", text)
    folder = os.path.join(ROOT, "build", "site.d")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "index.md"), "w", encoding="utf-8") as page:
        page.write(text)
    files.append(File("index.md", folder, config["site_dir"], config["use_directory_urls"]))
    return files


def on_page_markdown(markdown, page, config, files):
    where = config["repo_url"].rstrip("/") + "/blob/main/"
    return re.sub(r"\]\(\.\./([^)]+)\)", lambda link: f"]({where}{link.group(1)})", markdown)
