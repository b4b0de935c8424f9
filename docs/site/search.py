"""Search that finds Chinese words: text is indexed by single characters and by pairs of them.

Chinese writes no spaces, and a word list would lack this field's terms (交叉熵). Every pair of
neighbouring characters of what is searched for must stand on the page.
"""

import re
from typing import Any

from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

CHINESE = "[\u4e00-\u9fff]"


class SearchPairs(SearchEnglish):
    """The search of English pages, and pairs of Chinese characters."""

    lang = "zh"
    language_name = "English"  # of the stemmer
    js_splitter_code = """
function splitQuery(query) {
  const found = query.match(/[\\u4e00-\\u9fff]+|[^\\s\\u4e00-\\u9fff.,;:()\\[\\]{}`'"=/]+/gu) ?? [];
  return found.flatMap((word) => {
    if (!/^[\\u4e00-\\u9fff]/.test(word) || word.length < 3) return [word];
    return [...word].slice(1).map((letter, i) => word[i] + letter);
  });
}
"""

    def split(self, text: str) -> list[str]:
        """Return the words of a text, its Chinese characters and their pairs."""
        words = super().split(re.sub(CHINESE, " ", text))
        for run in re.findall(f"{CHINESE}+", text):
            words += [*run, *(run[i : i + 2] for i in range(len(run) - 1))]
        return words

    def word_filter(self, word: str) -> bool:
        """Return whether a word is worth looking for."""
        return bool(re.match(CHINESE, word)) or super().word_filter(word)


def setup(app: Sphinx) -> dict[str, Any]:
    """Tell Sphinx of the search."""
    app.add_search_language(SearchPairs)
    return {"parallel_read_safe": True}
