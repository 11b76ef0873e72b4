"""The values that lemlist answers with and takes, frozen, with a file for each noun."""
