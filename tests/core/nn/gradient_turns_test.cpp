#include "core/nn/gradient_store.h"

#include <stdexcept>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace lora::test {
namespace {

/// Two shared weights, one of them sparse, and a small one between them.
struct Weights
{
    Weights()
    {
        table.setGradientOffset(0);
        small.setGradientOffset(12);
        large.setGradientOffset(15);
        for (Parameter<double>* parameter : {&table, &small, &large})
            parameter->mutableValue();
    }

    Parameter<double> table{"table", {4, 3}};
    Parameter<double> small{"small", {3}};
    Parameter<double> large{"large", {2, 5}};
    std::vector<SharedGradient> shared{{15, 10, false}, {0, 12, true}};
    std::int64_t size = 25;
};

void inThreads(int workers, const std::function<void(int)>& work)
{
    std::vector<std::thread> threads;
    for (int worker = 0; worker < workers; ++worker)
        threads.emplace_back(work, worker);
    for (std::thread& thread : threads)
        thread.join();
}

struct Stores
{
    Stores(const Weights& weights, int workers)
        : turns(weights.shared, workers)
        , count(workers)
    {
        all.push_back(std::make_unique<GradientStore<double>>(weights.size, &turns));
        for (int worker = 1; worker < workers; ++worker)
            all.push_back(std::make_unique<GradientStore<double>>(*all[0], weights.size, worker));
    }
    void begin(const std::vector<std::int32_t>& pieces)
    {
        turns.beginStep(pieces);
        inThreads(count, [&](int worker) { all[static_cast<std::size_t>(worker)]->clear(count); });
    }

    GradientTurns turns;
    int count;
    std::vector<std::unique_ptr<GradientStore<double>>> all;
};

TEST(GradientStore, KeepsWhatIsSharedInTheFirstStoreAlone)
{
    Weights weights;
    Stores stores(weights, 2);
    GradientStore<double>& first = *stores.all[0];
    GradientStore<double>& second = *stores.all[1];
    EXPECT_EQ(first.values().size(), 25u);
    EXPECT_EQ(second.values().size(), 3u);
    EXPECT_EQ(second.of(weights.table).data, first.values().data());
    EXPECT_EQ(second.of(weights.large).data, first.values().data() + 15);
    EXPECT_EQ(second.of(weights.small).data, second.values().data());
    EXPECT_EQ(first.of(weights.small).data, first.values().data() + 12);
}

/// Workers write down who came; the numbers of pieces differ, and some pieces have nothing for a gradient.
TEST(GradientTurns, WorkersComeInTheOrderOfPiecesAndWorkers)
{
    Weights weights;
    constexpr int workers = 4;
    const std::vector<std::int32_t> pieces = {2, 0, 3, 1};
    const std::vector<std::string> expected = {"0.0", "2.0", "3.0", "0.1", "2.1", "2.2"};
    Stores stores(weights, workers);
    for (int round = 0; round < 200; ++round) {
        std::vector<std::string> ofTable, ofLarge;
        stores.begin(pieces);
        inThreads(workers, [&](int worker) {
            GradientStore<double>& store = *stores.all[static_cast<std::size_t>(worker)];
            for (int piece = 0; piece < pieces[static_cast<std::size_t>(worker)]; ++piece) {
                const std::string who = std::to_string(worker) + "." + std::to_string(piece);
                const auto note = [&](std::vector<std::string>& order, double expectedKeep) {
                    return [&, expectedKeep](Matrix<double> gradient, double keep) {
                        EXPECT_EQ(keep, expectedKeep);
                        gradient(0, 0) = keep * gradient(0, 0) + 1;
                        order.push_back(who);
                    };
                };
                store.beginPiece();
                const bool isLargeFirst = worker % 2 == 0; // everyone in an order of his own
                if (isLargeFirst)
                    store.add(weights.large, note(ofLarge, who == "0.0" ? 0 : 1));
                if (who != "2.1")
                    store.add(weights.table, note(ofTable, 1));
                if (!isLargeFirst)
                    store.add(weights.large, note(ofLarge, 1));
                store.add(weights.small, [](Matrix<double> gradient, double) { gradient(0, 1) += 1; });
                store.endPiece();
            }
        });
        ASSERT_EQ(ofLarge, expected);
        ASSERT_EQ(ofTable, (std::vector<std::string>{"0.0", "2.0", "3.0", "0.1", "2.2"}));
        ASSERT_EQ(stores.all[0]->of(weights.large)(0, 0), 6);
        ASSERT_EQ(stores.all[0]->of(weights.table)(0, 0), 5);
        ASSERT_EQ(stores.all[2]->of(weights.small)(0, 1), 3);
    }
}

TEST(GradientTurns, WhatNobodyAddsToIsZero)
{
    Weights weights;
    Stores stores(weights, 2);
    for (const std::vector<std::int32_t>& pieces : {std::vector<std::int32_t>{1, 1}, {0, 0}}) {
        std::ranges::fill(stores.all[0]->values(), 7.0);
        stores.begin(pieces);
        inThreads(2, [&](int worker) {
            for (int piece = 0; piece < pieces[static_cast<std::size_t>(worker)]; ++piece) {
                stores.all[static_cast<std::size_t>(worker)]->beginPiece();
                stores.all[static_cast<std::size_t>(worker)]->endPiece();
            }
        });
        EXPECT_EQ(stores.all[0]->values(), std::vector<double>(25, 0.0));
    }
}

/// Nobody waits for ever for one who has failed, wherever the others are; the next step is as if nothing had
/// been.
TEST(GradientTurns, AFailureReachesAllWhoWait)
{
    Weights weights;
    constexpr int workers = 3;
    for (int failing = 0; failing < workers; ++failing) {
        Stores stores(weights, workers);
        for (const bool fails : {true, false, true}) {
            std::vector<std::string> errors(workers);
            stores.begin({2, 2, 2});
            inThreads(workers, [&](int worker) {
                GradientStore<double>& store = *stores.all[static_cast<std::size_t>(worker)];
                try {
                    for (int piece = 0; piece < 2; ++piece) {
                        store.beginPiece();
                        store.add(weights.table, [&](Matrix<double> gradient, double) {
                            if (fails && worker == failing && piece == 0)
                                throw std::runtime_error("no memory");
                            gradient(0, 0) += 1;
                        });
                        store.add(weights.large, [](Matrix<double> gradient, double keep) {
                            gradient(0, 0) = keep * gradient(0, 0) + 1;
                        });
                        store.endPiece();
                    }
                } catch (const std::exception& error) {
                    errors[static_cast<std::size_t>(worker)] = error.what();
                    stores.turns.abandon(std::current_exception());
                }
            });
            EXPECT_EQ(errors, std::vector<std::string>(workers, fails ? "no memory" : ""));
            if (!fails) {
                EXPECT_EQ(stores.all[0]->of(weights.large)(0, 0), 6);
            }
        }
    }
}

} // namespace
} // namespace lora::test
