"""What scikit-learn's TfidfVectorizer makes of a small corpus: the reference for our features.

The documents are token lists, so that tokenisation plays no part. Run it to write tfidf.json, with --check to compare.
"""

from pathlib import Path

from golden import made_with, write_or_check
from sklearn.feature_extraction.text import TfidfVectorizer

PARAMETERS = {"ngram_range": [1, 2], "min_df": 2, "sublinear_tf": True, "smooth_idf": True, "norm": "l2"}

# Tokens that repeat, terms in nearly all documents and in exactly two, bigrams of one repeated token, letters beyond ASCII, a document
# of a single known term, and one without any term that reaches min_df.
TRAINING = [
    "the central bank raised the interest rate and the bank warned of higher prices",
    "prices rose again and the central bank held the interest rate",
    "the bank and the union agreed on higher wages",
    "the union called a strike over wages and over working hours",
    "rail workers joined the strike and the rail company cut its trains",
    "the café in zürich raised its prices and lost its guests",
    "guests of the café in zürich praised the cake the cake and the cake",
    "bye bye bye sang the crowd",
    "the crowd sang bye bye as the trains left",
    "rescuers reached the village after the flood and the second flood",
    "the flood cut off the village and rescuers came by boat",
    "the court ruled that the company owed its workers back wages",
    "a court in zürich heard the rail company and the rail union",
    "the",
    "utterly different vocabulary appears nowhere else",
    "scientists measured the flood and the heat the heat broke a record and a record fell",
]

# Seen by a fitted vectoriser only: with tokens and bigrams that it does not know.
FURTHER = [
    "the central bank surprised the café owners of zürich with a strike on prices prices prices",
    "nothing here is known",
]


def whole(tokens):
    return tokens


def main():
    training = [document.split() for document in TRAINING]
    further = [document.split() for document in FURTHER]
    vectorizer = TfidfVectorizer(
        tokenizer=whole, preprocessor=whole, token_pattern=None, **PARAMETERS | {"ngram_range": tuple(PARAMETERS["ngram_range"])}
    ).fit(training)
    terms = vectorizer.get_feature_names_out()

    def rows(documents):
        matrix = vectorizer.transform(documents)
        matrix.sort_indices()
        return [
            {"tokens": tokens, "row": {terms[column]: float(value) for column, value in zip(row.indices, row.data)}}
            for tokens, row in zip(documents, matrix)
        ]

    golden = {
        "made_with": made_with("scikit-learn", "numpy", "scipy"),
        "parameters": PARAMETERS,
        "vocabulary": [{"term": term, "idf": float(idf)} for term, idf in zip(terms, vectorizer.idf_)],
        "training": rows(training),
        "further": rows(further),
    }
    write_or_check(Path(__file__).with_suffix(".json"), golden)


if __name__ == "__main__":
    main()
