"""testdata/sample.E01 against what its maker wrote down, sample.json."""
import os

from common import ROOT, ReadAll, Tally
from lifted import check_all, load


def main():
    tally = Tally('sample')
    data = os.path.join(ROOT, 'testdata')
    image = os.path.join(data, 'sample.E01')
    if tally.check(os.path.exists(image), 'testdata/sample.E01 is there'):
        tally.check(os.path.getsize(image) < 1_000_000, 'under 1 MB')
        truth = load(os.path.join(data, 'sample.json'))
        check_all(tally, image, truth, 'sample')
        all_of_it = ReadAll(image)
        tally.equal(all_of_it.status, 0,
                    f'sample: read in full; {all_of_it.notes[-300:]}')
    tally.done()


main()
